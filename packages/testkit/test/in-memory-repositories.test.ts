import { describeRepositories } from '@hodei/testkit/conformance';
import { createInMemoryRepositories, InMemoryStore, SequentialIds, SimulatedClock } from '@hodei/testkit/in-memory';

describeRepositories('InMemoryRepositories', {
  setup: async () => {
    const clock = new SimulatedClock();
    const store = new InMemoryStore();
    return {
      repositories: createInMemoryRepositories({ clock, ids: new SequentialIds(1), store }),
      peer: createInMemoryRepositories({ clock, ids: new SequentialIds(2), store }),
      letTimePass: (durationMs) => clock.advance(durationMs),
    };
  },
});
