/**
 * The demo page: shows one user's notifications as they arrive and confirms each.
 * Everything that comes over the socket is shown as text, never as markup.
 */

/**
 * What the page should do after each close code of the gateway (docs/gateway.md): stop after these and from 4500 to 4999,
 * wait longer after 4005, and connect again after any other.
 */
const STOP_CODES = new Map([
  [1009, 'a message was too large'],
  [4003, 'too many messages were sent'],
]);
/** What was missed has been read as often as it may be for now. */
const TOO_MANY_RESUMES = 4005;
const LATER_MS = 5000;
/** Acks that were not recorded are sent again one by one: all at once would count as a flood. */
const ACK_AGAIN_MS = 2000;
const ACK_EVERY_MS = 250;
const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 15_000;
/** A socket that has lived this long was a good one: the next failure starts at the first back-off again. */
const STABLE_MS = 5_000;
/** Older cards are taken off the page. */
const MAX_CARDS = 200;

const element = (id) => document.getElementById(id);
const list = element('list');
/** The cards on the page by notificationId, oldest first. */
const cards = new Map();
let received = 0;
let socket;
/** Up to where the page has seen its user's notifications. */
let cursor;
/**
 * The cursor from before each notification whose ack is not answered yet, by its id, in their order. The page comes back
 * with the first of them: it is sent the notification again, and acks it again, for the gateway may have died with the ack.
 */
const unanswered = new Map();
/** Ids whose ack was not recorded: they are still good on this socket. */
const failedAcks = new Set();
let ackTimer;
let failures = 0;
let retry;

connect();
offerUsers().catch((error) => console.warn('no list of users:', error));
element('users').addEventListener('change', ({ target }) => {
  location.search = new URLSearchParams({ user: target.value });
});
element('read-all').addEventListener('click', () => {
  for (const card of cards.values()) card.dataset.read = '';
  showCounts();
});
// Someone is looking, or the network is back: no reason to sit out the back-off.
addEventListener('online', connectNow);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && connectNow());
setInterval(showTimes, 15_000);

/** Fetches a session each time, so that every socket starts with a fresh token. */
async function connect() {
  retry = undefined;
  showState('connecting', 'Connecting');
  let session;
  try {
    // `?user=<userId>` of the page's own address says whose session it is to be.
    const response = await fetch(`/session${location.search}`, { cache: 'no-store' });
    if (!response.ok) throw new Error(`/session answered ${response.status}`);
    session = await response.json();
  } catch (error) {
    console.warn('no session:', error);
    connectLater();
    return;
  }
  element('user').textContent = `${session.name ?? ''} · user ${session.userId} of tenant ${session.tenantId}`.replace(
    /^ · /,
    '',
  );
  open(session);
}

/** Lets the visitor be somebody else, where the server says who there is. */
async function offerUsers() {
  const response = await fetch('/users', { cache: 'no-store' });
  if (!response.ok) return;
  const chosen = new URLSearchParams(location.search).get('user');
  const options = (await response.json()).map(({ userId, name }) => new Option(name, userId, false, userId === chosen));
  element('users').replaceChildren(...options);
  element('users').hidden = options.length < 2;
}

function open({ url, token }) {
  const from = unanswered.values().next().value ?? cursor;
  const address = from === undefined ? url : `${url}?${new URLSearchParams({ cursor: from })}`;
  socket = new WebSocket(address, ['v1', `bearer.${token}`]);
  let openedAt = Infinity;
  socket.addEventListener('open', () => {
    openedAt = Date.now();
  });
  socket.addEventListener('message', ({ data }) => take(JSON.parse(data)));
  socket.addEventListener('close', ({ code }) => {
    socket = undefined;
    failedAcks.clear();
    if (STOP_CODES.has(code) || (code >= 4500 && code < 5000)) {
      showState('stopped', 'Stopped');
      const why = STOP_CODES.get(code) ?? `the gateway says ${code}`;
      element('count').textContent = `Disconnected for good: ${why}. Reload to try again.`;
      return;
    }
    if (Date.now() - openedAt > STABLE_MS) failures = 0;
    connectLater(code === TOO_MANY_RESUMES ? LATER_MS : 0);
  });
}

/** Waits a random part of a doubling time, so that the clients of a gateway that went away do not return as one. */
function connectLater(atLeastMs = 0) {
  const limit = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
  failures += 1;
  const wait = atLeastMs + limit / 2 + (Math.random() * limit) / 2;
  showState('waiting', wait < 2000 ? 'Reconnecting' : `Retry in ${Math.round(wait / 1000)} s`);
  retry = setTimeout(connect, wait);
}

function connectNow() {
  if (retry === undefined) return;
  clearTimeout(retry);
  connect();
}

function take(message) {
  const before = cursor;
  cursor = message.cursor ?? cursor;
  switch (message.type) {
    case 'welcome':
      showState('live', 'Live');
      // What is still worth an ack is sent again.
      unanswered.clear();
      if (message.recovered === false) element('gap').hidden = false;
      break;
    case 'notification':
      show(message.notification, message.truncated === true);
      unanswered.set(message.notification.notificationId, before);
      send({ type: 'ack', id: message.notification.notificationId });
      break;
    case 'acked':
      unanswered.delete(message.id);
      markAcked(message.id);
      break;
    case 'error':
      console.warn('the gateway says:', message.code, message.message);
      if (message.code === 'ack-failed') ackAgain(message.id);
      break;
  }
}

function ackAgain(id) {
  failedAcks.add(id);
  ackTimer ??= setTimeout(sendFailedAck, ACK_AGAIN_MS);
}

function sendFailedAck() {
  const [id] = failedAcks;
  failedAcks.delete(id);
  ackTimer = failedAcks.size > 0 ? setTimeout(sendFailedAck, ACK_EVERY_MS) : undefined;
  if (id !== undefined) send({ type: 'ack', id });
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function show(notification, isTruncated) {
  // One that came as the connection was lost may come again.
  if (cards.has(notification.notificationId)) return;
  const card = cardOf(notification, isTruncated);
  cards.set(notification.notificationId, card);
  list.prepend(card);
  received += 1;
  if (cards.size > MAX_CARDS) {
    const [oldestId, oldest] = cards.entries().next().value;
    cards.delete(oldestId);
    oldest.remove();
  }
  showCounts();
}

function cardOf(notification, isTruncated) {
  const card = make('li', 'card');
  card.dataset.type = notification.type.toLowerCase();
  card.dataset.new = '';
  const tags = make('div', 'tags');
  const category = make('span', 'tag', notification.category || 'GENERAL');
  category.dataset.category = notification.category.toLowerCase();
  tags.append(category);
  if (notification.priority !== 'NORMAL') {
    const priority = make('span', 'tag', notification.priority);
    priority.dataset.priority = notification.priority.toLowerCase();
    tags.append(priority);
  }
  const side = make('div', 'side');
  const time = make('time', 'time');
  const happened = dateOf(notification.timestamp);
  time.dateTime = happened.toISOString();
  time.title = happened.toLocaleString();
  side.append(time, make('span', 'ack', ''));
  card.append(tags, side, make('p', 'title', notification.title), make('p', 'message', notification.message));
  if (isTruncated) card.append(make('p', 'message', '… the rest is too long to be shown here.'));
  const link = linkOf(notification.actionUrl);
  if (link) card.append(link);
  card.addEventListener('click', () => {
    card.dataset.read = '';
    showCounts();
  });
  showTime(time);
  return card;
}

/** The time of an event; now, when the event names one that no calendar has. */
function dateOf(timestamp) {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? new Date() : date;
}

/** A link to a web address or to a path of this site; any other scheme, such as javascript:, makes none. */
function linkOf(actionUrl) {
  if (!actionUrl || !URL.canParse(actionUrl, location.href)) return undefined;
  const url = new URL(actionUrl, location.href);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const link = make('a', 'action', 'Open →');
  link.href = url.href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
}

function markAcked(id) {
  const ack = cards.get(id)?.querySelector('.ack');
  if (!ack) return;
  ack.textContent = '✓ confirmed';
  ack.dataset.done = '';
}

function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function showState(state, text) {
  element('state').dataset.state = state;
  element('state').textContent = text;
}

function showCounts() {
  const unread = [...cards.values()].filter((card) => !('read' in card.dataset)).length;
  const badge = element('unread');
  badge.hidden = unread === 0;
  badge.textContent = unread > 99 ? '99+' : String(unread);
  document.title = unread === 0 ? 'Notifications' : `(${unread}) Notifications`;
  element('count').textContent = `${unread} unread · ${received} received`;
  element('read-all').disabled = unread === 0;
  element('empty').hidden = cards.size > 0;
}

function showTimes() {
  for (const time of list.querySelectorAll('time')) showTime(time);
}

function showTime(time) {
  const seconds = Math.round((Date.now() - Date.parse(time.dateTime)) / 1000);
  const [amount, unit] =
    seconds < 60
      ? [0, 'second']
      : seconds < 3600
        ? [seconds / 60, 'minute']
        : seconds < 86_400
          ? [seconds / 3600, 'hour']
          : [seconds / 86_400, 'day'];
  time.textContent =
    unit === 'second'
      ? 'just now'
      : new Intl.RelativeTimeFormat('en', { style: 'narrow' }).format(-Math.floor(amount), unit);
}
