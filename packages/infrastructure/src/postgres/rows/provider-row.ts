import type { Selectable } from 'kysely';
import { parseProviderId, parseProviderMode, type Capacity, type Overcommit, type ProviderConfig } from '@hodei/domain';
import type { Schema } from '../schema.ts';

/** A provider as the database gives it. */
export type ProviderRow = Selectable<Schema['providers']>;

/** @throws HodeiError `unknown_value` for a mode that this version does not know. */
export function toProvider(row: ProviderRow): ProviderConfig {
  return {
    id: parseProviderId(row.id),
    name: row.name,
    type: row.type,
    mode: parseProviderMode(row.mode),
    priority: row.priority,
    maxWorkers: row.max_workers,
    ...ifAny('overcommit', row.overcommit as Overcommit),
    ...ifAny('capacity', row.capacity as Capacity),
    labels: row.labels as ProviderConfig['labels'],
    settings: row.settings as ProviderConfig['settings'],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

/** The field, or nothing where there is nothing in it. */
const ifAny = <Name extends string, Value extends object>(name: Name, value: Value): { readonly [N in Name]?: Value } =>
  Object.keys(value).length === 0 ? {} : ({ [name]: value } as { readonly [N in Name]?: Value });
