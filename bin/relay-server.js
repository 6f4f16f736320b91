#!/usr/bin/env node
import { main } from '../dist/cli/server.js';

process.exitCode = await main(process.argv, process.env);
