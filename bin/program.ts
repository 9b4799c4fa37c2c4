/** The command line: commands by what one wants of them. Each adds its own, with its flags, and what it does. */
import { Command } from 'commander';
import { projectVersion } from '../common/project-root.js';
import { requireMends } from '../topology/kafka/index.js';
import { addCompletionCommand } from './completion.js';
import { addConfigCommands } from './config.js';
import { optionsHelp } from './config/options-help.js';
import { addLogLevelCommand, addStatusCommand } from './control.js';
import { addDemoCommand } from './demo.js';
import { addDevCommands } from './dev.js';
import { addDlqCommands } from './dlq.js';
import { addDoctorCommand } from './doctor.js';
import { addEmitCommand } from './emit.js';
import { addGenerateCommands } from './generate.js';
import { addRenderCommand } from './render.js';
import { addRulesCommands } from './rules.js';
import { addSchemasCommands } from './schemas.js';
import { addStateCommands } from './state.js';
import { addTasksCommand } from './tasks.js';
import { addTokenCommands } from './token.js';
import { addTopicsCommands } from './topics.js';
import { addTopologyCommand } from './topology.js';
import { addWorkerCommand } from './worker.js';

/** Nothing is run yet. */
export function createProgram(): Command {
  const program = new Command('notification-streams')
    .description('ERP events in, notifications out: a Kafka stream-processing topology with an embedded state store.')
    .version(projectVersion(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'a JSON file of options, by their environment names')
    .option('-s, --set <NAME=value...>', 'one option; wins over the environment')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', optionsHelp)
    .hook('preAction', () => requireMends())
    .exitOverride();
  program.commandsGroup('Run:');
  addWorkerCommand(program);
  program.commandsGroup('Look:');
  addTasksCommand(program);
  addStatusCommand(program);
  addDoctorCommand(program);
  addTopologyCommand(program);
  addConfigCommands(program);
  program.commandsGroup('Look after:');
  addTopicsCommands(program);
  addSchemasCommands(program);
  addStateCommands(program);
  addDlqCommands(program);
  addLogLevelCommand(program);
  addGenerateCommands(program);
  program.commandsGroup('Try:');
  addRulesCommands(program);
  addRenderCommand(program);
  addEmitCommand(program);
  addTokenCommands(program);
  addDemoCommand(program);
  program.commandsGroup('Develop:');
  addDevCommands(program);
  addCompletionCommand(program);
  program.helpCommand('help [command]', 'say what a command takes');
  return program;
}
