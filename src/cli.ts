#!/usr/bin/env node
import { isHostFolder } from './commands/host-folder.js';
import { runCommand } from './commands/run-command.js';
import { terminal } from './commands/terminal.js';
import { loadEnvironment, loadHostEnvironment } from './env.js';

const given = process.argv.slice(2);
const argv = given.filter((word) => word !== '--host');
const isHost = argv.length < given.length || isHostFolder(process.cwd());
if (given.length === 0) await import('./main.js');
else process.exitCode = await runCommand(argv, isHost ? loadHostEnvironment : loadEnvironment, terminal);
