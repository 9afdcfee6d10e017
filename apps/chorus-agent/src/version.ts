/** The version of this agent, as its presence tells; a test holds it against package.json. */
export const AGENT_VERSION = '0.1.0';
