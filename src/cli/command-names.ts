/** The commands of an app: each has a row in app-commands.ts. */
export type AppCommand = 'start' | 'start-or-reload' | 'dev' | 'config' | 'init' | 'completion';

/** Those that talk to a supervisor that runs: control-commands.ts. */
export type ControlCommand =
  | 'status'
  | 'describe'
  | 'list'
  | 'logs'
  | 'reload'
  | 'restart'
  | 'scale'
  | 'stop'
  | 'signal';

/** Those that set an app up and find out what is wrong with it: diagnose-commands.ts. */
export type DiagnosisCommand = 'mcp' | 'doctor' | 'bootstrap' | 'instrument' | 'smoke' | 'report';

/** Every command. What can stand behind each is a row of PLACES in complete.ts. */
export type CommandName = AppCommand | ControlCommand | DiagnosisCommand;

export const ALIASES = { ls: 'list', ps: 'list' } as const satisfies Readonly<Record<string, CommandName>>;
