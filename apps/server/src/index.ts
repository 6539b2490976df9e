export { LOCAL_PROVIDER, openControlPlane, type ControlPlane } from './open-control-plane.ts';
export { openStore, type Store, type StoreOptions } from './open-store.ts';
export { runLoop } from './run-loop.ts';
export { serve } from './serve.ts';
export { LOG_LEVELS, parseSettings, type Settings } from './settings.ts';
