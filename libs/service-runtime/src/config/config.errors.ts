/** One setting that is wrong. */
export interface ConfigViolation {
  /** The environment variable, or the unknown one. */
  readonly setting: string;
  /** What is wrong, without the setting's name and never with a secret's value. */
  readonly problem: string;
  /** What to do. */
  readonly remedy: string;
}

/** The configuration is wrong. Lists every bad setting, so that one correction is enough. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'invalid_configuration';
  constructor(readonly violations: readonly ConfigViolation[]) {
    const count = violations.length === 1 ? '1 setting is wrong' : `${violations.length} settings are wrong`;
    super([`${count}:`, ...violations.map((v) => `  ${v.setting} ${v.problem}. ${v.remedy}`)].join('\n'));
  }
}
