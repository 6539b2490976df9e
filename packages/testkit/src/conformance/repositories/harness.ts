import type { Repositories } from '@hodei/domain';

/** What the suites need of a store. */
export interface RepositoriesHarness {
  readonly repositories: Repositories;
  /** The same store as another control plane sees it, with connections of its own. */
  readonly peer: Repositories;
  /** Lets the store's clock go on by so much. Absent: it goes by itself, and the suite waits. */
  readonly letTimePass?: (durationMs: number) => Promise<void>;
}

/** How the suites get a store, and give it back. */
export interface RepositoriesSetup {
  /** Called before each test; gives an empty store. */
  readonly setup: () => Promise<RepositoriesHarness>;
  /** Called after each test. */
  readonly teardown?: (harness: RepositoriesHarness) => Promise<void>;
}
