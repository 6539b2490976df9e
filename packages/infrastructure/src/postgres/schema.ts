import type { ColumnType, Generated } from 'kysely';

/** Read as milliseconds since 1970, written as a date. */
type Timestamp = ColumnType<number, Date, Date>;
type NullableTimestamp = ColumnType<number | null, Date | null | undefined, Date | null>;
/** Read as data, written as text: `pg` would take an array for one of Postgres' own. */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null | undefined, string | null>;

/** The tables, as this version of the program knows them. Their meaning is in `migrations/`. */
export interface Schema {
  readonly installation: {
    readonly id: Generated<string>;
    readonly singleton: Generated<boolean>;
    readonly sealing_check: string | null;
  };
  readonly instances: {
    readonly epoch: Generated<number>;
    readonly name: string;
    readonly lease_expires_at: Timestamp;
    readonly keeps_pools: Generated<boolean>;
    readonly engines: Generated<unknown>;
  };
  readonly providers: {
    readonly id: string;
    readonly name: string;
    readonly type: string;
    readonly mode: string;
    readonly priority: number;
    readonly max_workers: number;
    readonly overcommit: ColumnType<unknown, string | undefined, string>;
    readonly capacity: ColumnType<unknown, string | undefined, string>;
    readonly labels: Json;
    readonly settings: Json;
    readonly created_at: Timestamp;
    readonly updated_at: Timestamp;
    readonly version: number;
  };
  readonly jobs: {
    readonly id: string;
    readonly state: string;
    readonly epoch: number | null;
    readonly attempt_id: string | null;
    readonly priority: number;
    readonly name: string | null;
    readonly labels: Json;
    readonly spec: Json;
    readonly stdin: Uint8Array | null;
    readonly sealed_secrets: Uint8Array | null;
    readonly created_at: Timestamp;
    readonly state_changed_at: Timestamp;
    readonly not_before: Timestamp;
    readonly started_at: NullableTimestamp;
    readonly finished_at: NullableTimestamp;
    readonly submitted_by: string | null;
    readonly request_hash: string | null;
    readonly cancel_requested_at: NullableTimestamp;
    readonly cancel_requested_by: string | null;
    readonly cancel_forced: Generated<boolean>;
    readonly outcome: NullableJson;
    readonly queue: Generated<string>;
    readonly tenant: Generated<string>;
    readonly concurrency_key: string | null;
    readonly wait_until: NullableTimestamp;
    readonly deferred: Generated<boolean>;
    readonly held: Generated<boolean>;
    readonly refusal: NullableJson;
    readonly turn: Generated<number>;
    readonly end_state: ColumnType<string | null, never, never>;
  };
  readonly tokens: {
    readonly id: string;
    readonly name: string;
    readonly secret_hash: Uint8Array;
    readonly scopes: readonly string[];
    readonly tenant: string | null;
    readonly created_at: Timestamp;
    readonly created_by: string;
    readonly expires_at: NullableTimestamp;
    readonly revoked_at: NullableTimestamp;
  };
  readonly queues: {
    readonly name: string;
    readonly paused: boolean;
    readonly weight: number;
    readonly max_in_flight: number | null;
    readonly claims: Generated<number>;
  };
  readonly key_limits: {
    readonly key: string;
    readonly max_in_flight: number;
    readonly claims: Generated<number>;
  };
  readonly shares: {
    readonly parent: string;
    readonly child: string;
    readonly level: number;
    readonly finish: number;
    readonly cost: number;
  };
  readonly attempts: {
    readonly id: string;
    readonly job_id: string;
    readonly worker_id: string;
    readonly provider_id: string;
    readonly number: number;
    readonly epoch: number;
    readonly nonce: string;
    readonly phases: Json;
    readonly stdout_bytes: Generated<number>;
    readonly stderr_bytes: Generated<number>;
    readonly warnings: Json;
    readonly outcome: NullableJson;
  };
  readonly workers: {
    readonly id: string;
    readonly provider_id: string;
    readonly state: string;
    readonly epoch: number;
    readonly image: string;
    readonly resources: Json;
    readonly job_id: string | null;
    readonly handle: NullableJson;
    readonly created_at: Timestamp;
    readonly state_changed_at: Timestamp;
    readonly expires_at: Timestamp;
    readonly termination: NullableJson;
    readonly last_seen_at: NullableTimestamp;
    readonly missing_since: NullableTimestamp;
    readonly trouble: string | null;
    readonly idle_timeout_ms: number | null;
    readonly end_request: NullableJson;
    readonly heartbeat: NullableJson;
    readonly token: NullableJson;
    readonly pool: string | null;
    readonly jobs_run: Generated<number>;
    readonly is_over: ColumnType<boolean, never, never>;
    readonly cpu: ColumnType<number, never, never>;
    readonly memory_bytes: ColumnType<number, never, never>;
  };
  readonly pools: {
    readonly name: string;
    readonly template: Json;
    readonly min_idle: number;
    readonly max_idle: number;
    readonly max_workers: number;
    readonly idle_ttl_ms: number;
    readonly max_jobs_per_worker: number;
    readonly policy: string;
    readonly created_at: Timestamp;
    readonly updated_at: Timestamp;
    readonly version: number;
  };
  readonly log_chunks: {
    readonly job_id: string;
    readonly seq: Generated<number>;
    readonly attempt_id: string;
    readonly stream: string;
    readonly start: number;
    readonly at: Timestamp;
    readonly bytes: Uint8Array;
    readonly gap_reason: string | null | undefined;
    readonly gap_bytes: number | null | undefined;
  };
  readonly history: {
    readonly seq: Generated<number>;
    readonly at: Timestamp;
    readonly kind: string;
    readonly job_id: string | null;
    readonly worker_id: string | null;
    readonly provider_id: string | null;
    readonly data: Json;
  };
}
