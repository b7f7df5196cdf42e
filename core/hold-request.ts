/**
 * Keeps a request as long as its signal is waited on. Node's `Request` forwards an abort through a
 * WeakRef to itself: where only its signal is still in use, the garbage collector ends that, and a
 * call that hangs would hang for ever. Browsers need none of this.
 *
 * @param signal what the request was made with, where the waiting is on that
 */
export function holdRequest(request: Request, signal = request.signal): Request {
  signal.addEventListener('abort', () => void request, { once: true });
  return request;
}
