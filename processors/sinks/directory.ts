/** USER_DIRECTORY: the user's newest state, keyed by the user; the topic is compacted. */
import type { RoutedEvent } from '../routed-event.js';
import type { Sink } from '../sink.js';
import type { UserDirectoryEntry } from '../../schemas/types.js';
import { userKey } from '../../state/directory/directory-entry.js';

export const emitDirectory: Sink<RoutedEvent, UserDirectoryEntry> = ({ directory }, out) => {
  if (directory !== null) out.emit(userKey(directory.tenantId, directory.userId), directory);
};
