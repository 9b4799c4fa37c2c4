import { randomBytes } from 'node:crypto';
import { StateEnvironment } from '../state/environment.js';
import { TaskStore } from '../state/task-store.js';
import { UserDirectory } from '../state/user-directory.js';
import { windowShape } from '../state/stream-time.js';
const env = new StateEnvironment(process.argv[2]!);
const dir = new UserDirectory(env);
const stores = [0,1,2].map(t => new TaskStore(env, t, windowShape(3200_000)));
let t = Math.max(0,...stores.map(s=>s.checkpoint?.positions.get('TASK_EVENT_TOPIC')?.streamTime ?? 0));
console.log('go');
for (;;) { await Promise.all([...stores.map(async (s) => {
  t += Math.floor(Math.random()*100000);
  const n = Math.floor(Math.random()*4000);
  const bytes = randomBytes(n*16).toString('latin1');
  const digests = Array.from({length:n}, (_, i) => bytes.slice(i*16, i*16+16));
  const off = (s.checkpoint?.changelogOffset ?? 0);
  await s.apply([{offset: off, entry: {positions: new Map([['TASK_EVENT_TOPIC',{nextOffset:n,streamTime:t,notifyFrom:0}]]), buckets: n===0?[]:[{topic:'TASK_EVENT_TOPIC',bucket:Math.floor(t/1000),digests}]}}], off+1);
}), dir.apply(0, Array.from({length: 50}, () => ({tenantId: 1n, userId: BigInt(Math.floor(Math.random()*1000)), timestamp: BigInt(t), eventId: 'x'+Math.random(), deleted:false, email:'a'.repeat(Math.floor(Math.random()*3000)), fullName:null, locale:null,timeZone:null,deviceTokens:[],mutedChannels:[]} as never)), t)]); }
