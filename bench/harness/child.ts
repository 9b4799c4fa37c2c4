/** A TypeScript program in a process of its own, which is ended with us. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { endWithUs } from './end-with-us.js';

export interface Child {
  /** Its next message. Rejects when it has ended. */
  answer<T>(): Promise<T>;
  send(message: string): void;
  end(): void;
}

/** `execArgv`: for Node, before the program's arguments. */
export function startChild(program: string, args: readonly string[], execArgv: readonly string[]): Child {
  const child = fork(program, args, { execArgv: [...execArgv, '--import', 'tsx'] });
  const end = (): void => void child.kill('SIGKILL');
  endWithUs(end);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${program} ${args.join(' ')} has ended`)));
  ended.catch(() => undefined); // whoever waits for an answer hears of it
  return {
    async answer<T>() {
      const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
      return message;
    },
    send: (message) => void child.send(message),
    end,
  };
}
