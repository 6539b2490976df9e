import { ENVIRONMENT, type SettingFacts, type SettingName } from './settings-schema.ts';

/** A variable, and what is to be told of it. */
export interface SettingDoc extends SettingFacts {
  readonly name: SettingName;
  /** As it would be written in the environment; absent: it has none. */
  readonly default?: string;
}

/** What is to be told of every variable, in the order of the schema: the reference is made of it. */
export const SETTING_DOCS: readonly SettingDoc[] = Object.entries(ENVIRONMENT.shape).map(([name, schema]) => {
  const value = schema.parse(undefined);
  return {
    name: name as SettingName,
    // `setting` attached them, and takes nothing else.
    ...(schema.meta() as unknown as SettingFacts),
    ...(value === undefined ? {} : { default: String(value) }),
  };
});

/** The names of those whose value is told to nobody. */
export const SECRET_SETTINGS: readonly SettingName[] = SETTING_DOCS.filter(({ isSecret }) => isSecret).map(
  ({ name }) => name,
);
