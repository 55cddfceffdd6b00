import { Empty } from './parts/empty.js';

export const Refused = () => (
  <Empty title="This address is not of the running session">
    <p>
      Each run of <code>kf-cluster dev</code> has an address of its own, with a secret behind the <code>#</code>. Open
      the one that the terminal prints.
    </p>
  </Empty>
);
