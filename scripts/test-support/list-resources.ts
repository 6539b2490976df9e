import type { EngineEndpoint } from '../engine/engine-address.ts';
import { callEngine } from '../engine/engine-request.ts';

/** Something on the engine that carries a label, seen alike whatever it is. */
export interface LabelledResource {
  readonly kind: 'container' | 'network' | 'volume';
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

type Row = Readonly<Record<'Id' | 'Name', string>> & { readonly Names: readonly string[] } & {
  readonly Labels: Record<string, string> | null;
};

export const listManaged = (engine: EngineEndpoint): Promise<readonly LabelledResource[]> =>
  listLabelled(engine, 'hodei.managed=true');

export const listLabelled = async (engine: EngineEndpoint, label: string): Promise<readonly LabelledResource[]> => {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const get = async <T>(path: string): Promise<T> => JSON.parse(await callEngine(engine, path)) as T;
  const containers = await get<Row[]>(`/containers/json?all=1&filters=${filters}`);
  const networks = await get<Row[]>(`/networks?filters=${filters}`);
  const { Volumes: volumes } = await get<{ Volumes: Row[] | null }>(`/volumes?filters=${filters}`);
  return [
    ...containers.map((row) => toResource('container', row.Id, row.Names[0] ?? row.Id, row)),
    ...networks.map((row) => toResource('network', row.Id, row.Name, row)),
    ...(volumes ?? []).map((row) => toResource('volume', row.Name, row.Name, row)),
  ];
};

const toResource = (kind: LabelledResource['kind'], id: string, name: string, { Labels }: Row): LabelledResource => ({
  kind,
  id,
  name: name.replace(/^\//, ''),
  labels: Labels ?? {},
});
