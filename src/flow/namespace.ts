/** A namespace as it is written, with its trailing dot; `param` stands for `$NAME` in capitals. */
export type Namespace = 'call' | 'flow.key' | 'flow.syskey' | 'user.key' | 'user.syskey' | 'sys' | 'widget' | 'secret' | 'param';
