// The readable report of a benchmark: what was measured, and each figure beside the baseline of the same run.
import { cpus, totalmem } from 'node:os';
import { oneDecimal, ratio } from './statistics.mjs';

const NAMES = {
  core: 'core subscription (floor): publish → handled',
  bare: 'bare JetStream loop: publish → handled',
  handled: 'CHORUS agents: publish → handled',
  answered: 'CHORUS agents: publish → answer stored',
  formation: 'council: request sent → active',
  request: 'POST /api/v1/councils',
};

/** @param {object[]} results of runSize @returns {string} Markdown */
export function report(results) {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return [`# Benchmark`, '', `${new Date().toISOString()} · ${machine}`, '', ...results.flatMap(section)].join('\n');
}

function section(result) {
  const { agents, councils, roles, nats, latencyMs, delivery, usage, agentProcess } = result;
  const bare = latencyMs.bare.p95;
  const rows = Object.entries(NAMES).map(([key, name]) => {
    const { p50, p95, p99 } = latencyMs[key];
    return `| ${name} | ${p50} | ${p95} | ${p99} | ${ratio(p95, bare)} |`;
  });
  const weights = Object.entries(usage).map(
    ([name, { cpuMsPerCouncil, rssMegabytes }]) => `| ${name} | ${oneDecimal(cpuMsPerCouncil)} | ${oneDecimal(rssMegabytes)} |`,
  );
  return [
    `## ${agents} agents, ${councils} councils of ${roles} roles, nats-server ${nats}`,
    '',
    '| milliseconds | p50 | p95 | p99 | p95 ÷ bare loop |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Delivered ${delivery.delivered} of ${delivery.expected} (${(delivery.rate * 100).toFixed(3)} %), lost ${delivery.lost}; every agent was expected each time: ${delivery.allAgents ? 'yes' : 'no'}.`,
    '',
    '| process | CPU ms per council | RSS MB |',
    '| --- | ---: | ---: |',
    ...weights,
    `| one agent process, idle | – | ${oneDecimal(agentProcess.idleRssMegabytes)} |`,
    '',
    `One agent process is ready ${agentProcess.readyMs} ms after it was started. The fleet is one process with ${agents} agents, each with its own connection.`,
    '',
  ];
}
