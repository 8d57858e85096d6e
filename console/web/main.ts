import * as z from 'zod';

// The content security policy forbids making code from text, and already trying would be reported. Schemas look at this
// when they are made, so everything that makes one is loaded afterwards.
z.config({ jitless: true });

const root = document.getElementById('root');
if (root !== null) {
  const { start } = await import('#console/web/app/start.tsx');
  start(root);
}
