/**
 * Which part of a host name one owner registered: `a.notes.co.uk` -> `notes.co.uk`.
 * The whole Public Suffix List costs more than the consent window may weigh, so this is its shape: a
 * two-letter country with a usual second level, and the hosts where anyone gets a name of their own.
 * It only chooses which part is bold; who may call is always decided by the whole origin.
 */
const SECOND_LEVELS = new Set(
  'ac co com edu gob gov go gouv govt gv id info ltd mil muni ne net nic nom or org plc sch school web'.split(
    ' ',
  ),
);

const SHARED_HOSTS = new Set(
  [
    '000webhostapp.com amplifyapp.com appspot.com azurestaticapps.net azurewebsites.net base44.app',
    'bitbucket.io blogspot.com bolt.host cloudfront.net codeberg.page codesandbox.io deno.dev',
    'deno.net devtunnels.ms edgeone.app elasticbeanstalk.com fastly.net firebaseapp.com fly.dev',
    'framer.app framer.website github.dev github.io gitlab.io gitpod.io glitch.me hashnode.dev',
    'herokuapp.com hf.space ipfs.io loca.lt lovable.app neocities.org netlify.app ngrok-free.app',
    'ngrok.app ngrok.io notion.site now.sh on.aws onrender.com pages.dev r2.dev railway.app',
    'render.com replit.app replit.dev repl.co run.app s3.amazonaws.com stackblitz.io streamlit.app',
    'surge.sh tiiny.site trycloudflare.com up.railway.app val.run vercel.app vercel.dev web.app',
    'web.val.run webcontainer.io webflow.io weebly.com wixsite.com wordpress.com workers.dev',
  ]
    .join(' ')
    .split(' '),
);

/** The registrable part of a host, or the whole host where it has none (an address, `localhost`). */
export function registrableDomain(host: string): string {
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return host;
  const labels = host.split('.');
  return labels.slice(-(suffixLength(labels) + 1)).join('.');
}

function suffixLength(labels: readonly string[]): number {
  for (const length of [3, 2]) {
    if (labels.length > length && SHARED_HOSTS.has(labels.slice(-length).join('.'))) return length;
  }
  const [second = '', top = ''] = labels.slice(-2);
  return labels.length > 2 && top.length === 2 && SECOND_LEVELS.has(second) ? 2 : 1;
}
