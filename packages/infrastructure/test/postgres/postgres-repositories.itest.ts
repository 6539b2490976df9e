import { describeRepositories } from '@hodei/testkit/conformance';
import { usePostgres } from '../support/use-postgres.ts';

const postgres = usePostgres();

describeRepositories('PostgresStore', {
  setup: async () => {
    const { admin, store, peer } = postgres();
    await admin.query(
      'TRUNCATE installation, instances, providers, pools, jobs, workers, attempts, log_chunks, history, queues, key_limits, shares',
    );
    return { repositories: store.repositories, peer: peer.repositories };
  },
});
