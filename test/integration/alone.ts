/**
 * Integration files that run with nothing beside them, and why. All others run two at a time: they have topics, groups
 * and folders of their own, count no ids of the shared registry, stop no member of the shared stack, and what they
 * measure may take several times as long.
 */
export const ALONE: Readonly<Record<string, string>> = {
  'exactly-once.test.ts': 'a hundred thousand events keep both cores busy',
  'mixed-formats.test.ts': 'a hundred thousand events keep both cores busy',
  'rolling-restart.test.ts':
    'four workers restart under load; who was killed is missed by the clock, and others must go on before that',
};
