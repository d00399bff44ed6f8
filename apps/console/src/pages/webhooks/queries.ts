import { graphql } from '../../api/index.js';

export const EventTypes = graphql(`
  query EventTypes {
    eventTypes {
      name
      description
    }
  }
`);

export const UpdateWebhook = graphql(`
  mutation UpdateWebhook($input: UpdateWebhookInput!) {
    updateWebhook(input: $input) {
      webhook {
        id
      }
    }
  }
`);
