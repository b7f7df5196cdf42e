/** The props of a message that is being written, for a test to change. */
export function createGrowing() {
  let text = $state('');
  let streaming = $state(true);
  return {
    get text() {
      return text;
    },
    set text(value: string) {
      text = value;
    },
    get streaming() {
      return streaming;
    },
    set streaming(value: boolean) {
      streaming = value;
    },
  };
}
