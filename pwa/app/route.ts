/** Where the person is: `#/chat/<id>?find=x` -> { name: 'chat', param: '<id>', query }. */
export interface Route {
  readonly name: string;
  readonly param: string | undefined;
  readonly query: URLSearchParams;
}

export const HOME = 'chat';

export function toRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name, ...rest] = path.split('/');
  const param = rest.join('/');
  return {
    name: name || HOME,
    param: param === '' ? undefined : decode(param),
    query: new URLSearchParams(search),
  };
}

export function toHash(name: string, param?: string, query?: Record<string, string>): string {
  const search = query ? `?${new URLSearchParams(query).toString()}` : '';
  return param === undefined
    ? `#/${name}${search}`
    : `#/${name}/${encodeURIComponent(param)}${search}`;
}

/** A hash that someone typed may hold a stray `%`: then it stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
