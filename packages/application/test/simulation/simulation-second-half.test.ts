import { describeSeeds } from './describe-seeds.ts';

// In a file of its own, so that both halves run at the same time.
describeSeeds(1251, 2500);
