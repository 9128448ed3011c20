#!/usr/bin/env node
import { endAtStopSignal } from './service/stop-signals.js';

const given = process.argv.slice(2);
if (given.length === 0) await import('./main.js');
else {
  // Everything else is loaded after this.
  endAtStopSignal();
  const [{ loadEnvironment, loadHostEnvironment }, { isHostFolder }, { runCommand }, { terminal }] =
    await Promise.all([
      import('./env.js'),
      import('./commands/host-folder.js'),
      import('./commands/run-command.js'),
      import('./commands/terminal/terminal.js'),
    ]);
  const argv = given.filter((word) => word !== '--host');
  const isHost = argv.length < given.length || isHostFolder(process.cwd());
  process.exitCode = await runCommand(argv, isHost ? loadHostEnvironment : loadEnvironment, terminal);
}
