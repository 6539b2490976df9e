import { PORT, type DataFolder } from './data-folder.ts';

/**
 * The arguments of the server. Durable as Postgres is by default, small, and quiet: they are given at each
 * start, so that a new version of ours applies to old data directories.
 */
export function serverArguments(folder: DataFolder, sockets: string): readonly string[] {
  const settings = {
    listen_addresses: '',
    port: PORT,
    // A list in which a quoted entry may have any character.
    unix_socket_directories: `"${sockets.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0600',
    max_connections: 200,
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    huge_pages: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Short statements only: compiling them costs more than it gains.
    jit: 'off',
    // No replicas and no logical replication: fewer processes and less to write.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    io_method: 'sync',
    // Above errors of single statements, which the client gets anyway, and which quote its data.
    log_min_messages: 'log',
    log_checkpoints: 'off',
  };
  return ['-D', folder.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
