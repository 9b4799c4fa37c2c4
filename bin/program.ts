/** The command line: verbs by what one wants of them. Each adds its own commands, with their flags, and what they do. */
import { Command } from 'commander';
import { projectVersion } from '../common/project-root.js';
import { requireMends } from '../topology/kafka/index.js';
import { optionsHelp } from './config/options-help.js';

type AddVerb = (program: Command) => void;

/** In the order of `--help`. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, () => Promise<AddVerb>>>>> = {
  'Run:': {
    worker: async () => (await import('./worker.js')).addWorkerCommand,
  },
  'Look:': {
    tasks: async () => (await import('./tasks.js')).addTasksCommand,
    status: async () => (await import('./control.js')).addStatusCommand,
    doctor: async () => (await import('./doctor.js')).addDoctorCommand,
    topology: async () => (await import('./topology.js')).addTopologyCommand,
    config: async () => (await import('./config.js')).addConfigCommands,
  },
  'Look after:': {
    topics: async () => (await import('./topics.js')).addTopicsCommands,
    schemas: async () => (await import('./schemas.js')).addSchemasCommands,
    state: async () => (await import('./state.js')).addStateCommands,
    dlq: async () => (await import('./dlq.js')).addDlqCommands,
    'log-level': async () => (await import('./control.js')).addLogLevelCommand,
    generate: async () => (await import('./generate.js')).addGenerateCommands,
  },
  'Try:': {
    rules: async () => (await import('./rules.js')).addRulesCommands,
    render: async () => (await import('./render.js')).addRenderCommand,
    emit: async () => (await import('./emit.js')).addEmitCommand,
    token: async () => (await import('./token.js')).addTokenCommands,
    demo: async () => (await import('./demo.js')).addDemoCommand,
  },
  'Develop:': {
    dev: async () => (await import('./dev.js')).addDevCommands,
    completion: async () => (await import('./completion.js')).addCompletionCommand,
  },
};
/** Verbs that are about all others. */
const ABOUT_ALL = ['help', 'completion'];

/**
 * Nothing is run yet. `words`: the command line, of which the verb is loaded and no other, so that a worker loads nothing
 * of what operators type; all are loaded for `--help`, and without it.
 */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
  const program = new Command('notification-streams')
    .description('ERP events in, notifications out: a Kafka stream-processing topology with an embedded state store.')
    .version(projectVersion(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'a JSON file of options, by their environment names')
    .option('-s, --set <NAME=value...>', 'one option; wins over the environment')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', optionsHelp)
    .hook('preAction', () => requireMends())
    .exitOverride();
  const verbs = Object.values(GROUPS).flatMap((group) => Object.keys(group));
  const named = verbs.filter((verb) => words.includes(verb));
  const isOfAll = named.length === 0 || ABOUT_ALL.some((word) => words.includes(word));
  for (const [heading, group] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const [verb, load] of Object.entries(group)) if (isOfAll || named.includes(verb)) (await load())(program);
  }
  program.helpCommand('help [command]', 'say what a command takes');
  return program;
}
