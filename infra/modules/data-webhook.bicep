// The hook deploys it after the app: the address holds a key that the running app makes, and is read here so that it never leaves Azure.
metadata description = 'Event Grid notifies the function DataUploaded of new data.'

import { newData, retries } from 'data-filter.bicep'

param topicName string
param appName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

var address = 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.DataUploaded'

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'data-uploaded'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: newData
    retryPolicy: retries
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: '${address}&code=${listKeys('${app.id}/host/default', '2025-03-01').systemKeys.blobs_extension}'
      }
    }
  }
}
