/** A browser without a page: goes to the provider, fills in its forms, and stops where it is sent back to. */

export interface Away {
  /** From the address that the console gave to the one that the provider sends back to. */
  signIn(url: string, login: string): Promise<string>;
  /** The provider knows this browser no more. */
  forget(): void;
}

const stepsMax = 12;

export function away(redirectUrl: string): Away {
  const jar = new Map<string, string>();

  async function go(url: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  function fieldsOf(html: string, login: string): Record<string, string> {
    const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1] ?? '';
    return prompt === 'login' ? { prompt, login, password: 'any' } : { prompt };
  }

  return {
    async signIn(start, login) {
      let response = await go(start);
      let at = start;
      for (let step = 0; step < stepsMax; step += 1) {
        const location = response.headers.get('location');
        if (location !== null) {
          at = new URL(location, at).href;
          if (at.startsWith(redirectUrl)) return at;
          response = await go(at);
          continue;
        }
        const html = await response.text();
        const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
        if (action === undefined) throw new Error(`the provider answers ${response.status}: ${html.slice(0, 500)}`);
        at = new URL(action, at).href;
        response = await go(at, fieldsOf(html, login));
      }
      throw new Error('the provider never sends back');
    },
    forget: () => jar.clear(),
  };
}
