// The function DataEventQueue reads the queue.
metadata description = 'Private network: Event Grid puts notifications of new data into a queue, under the identity of the topic.'

import { newData, retries } from 'data-filter.bicep'

param topicName string
param storeId string
param queueName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'data-queue'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: newData
    retryPolicy: retries
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'StorageQueue'
        properties: { resourceId: storeId, queueName: queueName, queueMessageTimeToLiveInSeconds: 604800 }
      }
    }
  }
}
