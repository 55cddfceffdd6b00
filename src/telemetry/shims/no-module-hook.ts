/**
 * Stands for import-in-the-middle and require-in-the-middle in the bundle. The instrumentations in it are for Node's own
 * modules, which are patched in place; hooking every require and import of the app for them would be paid at each boot.
 * Instrumentation packages of the app bring their own hooks.
 */
export class Hook {
  unhook(): void {
    // nothing was hooked
  }
}

export default Hook;
