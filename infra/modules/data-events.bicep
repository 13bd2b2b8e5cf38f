metadata description = 'The Event Grid topic of the store. data-queue.bicep or data-webhook.bicep subscribes to it.'

param name string
param location string
param tags { *: string }
param storeName string

@description('Give the topic an identity, under which it may write to a queue behind the firewall of its account.')
param withIdentity bool

resource store 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storeName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: withIdentity ? 'SystemAssigned' : 'None' }
  properties: {
    source: store.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}
