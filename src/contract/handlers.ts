interface Tagged {
  readonly type: string;
}

/** One handler for each type of message or notification: a new type without one does not compile. */
export type Handlers<M extends Tagged, Rest extends unknown[] = [], Result = void> = {
  readonly [T in M['type']]: (message: M & { readonly type: T }, ...rest: Rest) => Result;
};

/** Whether the message is of that type, which is read out of a variable. */
export function isOfType<M extends Tagged, T extends M['type']>(
  message: M,
  type: T,
): message is Extract<M, { readonly type: T }> {
  return message.type === type;
}

/** Calls the handler for that type. */
export function dispatch<M extends Tagged, Rest extends unknown[], Result>(
  handlers: Handlers<M, Rest, Result>,
  message: M,
  ...rest: Rest
): Result {
  // The compiler does not see that a type and its handler belong together.
  const handle = handlers[message.type as M['type']] as (message: M, ...rest: Rest) => Result;
  return handle(message, ...rest);
}

/** For a type that is nothing to whoever has the table. Written out, so that a new type is thought of. */
export const ignore = (): undefined => undefined;
