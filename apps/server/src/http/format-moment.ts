/** ISO 8601, UTC. */
export const formatMoment = (at: number): string => new Date(at).toISOString();
