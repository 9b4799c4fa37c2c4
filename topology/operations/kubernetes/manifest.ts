/** What every object of ours is called, or begins with. */
export const NAME = 'notification-streams';

/** An object for Kubernetes, or a part of one: its own types are on the other side, in test/integration/deploy-go. */
export type Manifest = Readonly<Record<string, unknown>>;
