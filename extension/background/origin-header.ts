/**
 * Takes `Origin: chrome-extension://…` off our own upstream requests. Local model servers answer it
 * with 403 (row P3), and it tells a provider nothing but which extension a person has. Our requests are
 * exempt from CORS by the host permission, so that no answer depends on it.
 *
 * Only requests that this extension itself starts: no page's request is touched.
 */
const RULE_ID = 1;

/** Resolves when the rule is there; a session's rules go with the browser. */
export async function hideOrigin(): Promise<void> {
  const { RuleActionType, HeaderOperation, ResourceType } = chrome.declarativeNetRequest;
  try {
    await chrome.declarativeNetRequest.updateSessionRules({
      removeRuleIds: [RULE_ID],
      addRules: [
        {
          id: RULE_ID,
          action: {
            type: RuleActionType.MODIFY_HEADERS,
            requestHeaders: [{ header: 'origin', operation: HeaderOperation.REMOVE }],
          },
          condition: {
            initiatorDomains: [chrome.runtime.id],
            resourceTypes: [ResourceType.XMLHTTPREQUEST],
          },
        },
      ],
    });
  } catch {
    // A call with an Origin is better than none.
  }
}
