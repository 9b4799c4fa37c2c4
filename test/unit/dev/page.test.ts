import { get } from 'node:http';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Page } from '../../../dev/demo/page.js';
import { Random } from '../../../dev/simulators/random.js';
import { Staff } from '../../../dev/simulators/staff.js';

const SECRET = 'a secret of more than 32 characters';
const { people } = new Staff(new Random(1), 3);
let page: Page;
let address: string;

beforeEach(async () => {
  page = new Page({ port: 0, gatewayPort: 4242, jwtSecret: SECRET, people: () => people });
  address = await page.listen();
});
afterEach(() => page.close());

async function session(path: string): Promise<Record<string, string>> {
  return (await (await fetch(address + path)).json()) as Record<string, string>;
}

describe('the page server', () => {
  it('serves the page and its script', async () => {
    const html = await fetch(address);
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await html.text()).toContain('demo.js');
    const script = await fetch(`${address}demo.js`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it("hands out the first user's token and where to go with it", async () => {
    const { token, ...rest } = await session('session');
    expect(rest).toEqual({
      url: 'ws://127.0.0.1:4242/v1/ws',
      tenantId: String(people[0]!.tenantId),
      userId: String(people[0]!.userId),
      name: people[0]!.fullName,
    });
    const { payload } = await jwtVerify(token!, new TextEncoder().encode(SECRET));
    expect(payload).toMatchObject({ sub: rest['userId'], tenant: rest['tenantId'], exp: expect.any(Number) as number });
  });

  it('hands out the token of the user asked for, to the last digit', async () => {
    expect((await session(`session?user=${people[2]!.userId}`))['name']).toBe(people[2]!.fullName);
    const response = await fetch(`${address}session?user=7`);
    expect([response.status, await response.json()]).toEqual([404, { error: 'there is no user 7: see /users' }]);
  });

  it('lists the users', async () => {
    const users = (await (await fetch(`${address}users`)).json()) as Record<string, string>[];
    expect(users.map(({ userId }) => userId)).toEqual(people.map(({ userId }) => String(userId)));
  });

  it('has nothing else', async () => {
    expect((await fetch(`${address}../package.json`)).status).toBe(404);
    expect((await fetch(`${address}session`, { method: 'POST' })).status).toBe(405);
  });

  it('gives no token to a page of another name', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = get(`${address}session`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
    });
    expect(status).toBe(421);
  });
});
