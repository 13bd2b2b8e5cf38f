metadata description = 'Every role assignment of the deployment: who may do what on which resource. docs/deployment.md says why.'

param hostStorageName string
param storeName string
param scheduler { name: string, taskHubName: string }
param keyVaultName string
param applicationInsightsName string

@description('The identity of the app.')
param appIdentityName string

@description('The Event Grid topic, which writes to the queue in a private network under its own identity.')
param events { topicName: string, queueName: string }?

@description('A person or group who uploads data, reads results and looks after orchestrations.')
param operator { principalId: string, principalType: ('User' | 'Group' | 'ServicePrincipal') }?

// Built-in roles of Azure.
var roles = {
  'Durable Task Data Contributor': '0ad04412-c4d5-4796-b79c-f76d14c8d402'
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Queue Data Message Sender': 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
}
var definitions = 'Microsoft.Authorization/roleDefinitions'

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentityName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (events != null) {
  name: events.?topicName ?? 'none'
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource store 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storeName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource data 'containers' existing = {
      name: 'data'
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource dataEvents 'queues' existing = if (events != null) {
      name: events.?queueName ?? 'none'
    }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' existing = {
  name: '${scheduler.name}/${scheduler.taskHubName}'
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var hostRoles = ['Storage Blob Data Owner', 'Storage Queue Data Contributor']
resource appOnHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: {
    name: guid(hostStorage.id, appIdentity.id, role)
    scope: hostStorage
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(definitions, roles[role])
    }
  }
]

var storeRoles = ['Storage Blob Data Contributor', 'Storage Queue Data Contributor']
resource appOnStore 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in storeRoles: {
    name: guid(store.id, appIdentity.id, role)
    scope: store
    properties: {
      principalId: appIdentity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(definitions, roles[role])
    }
  }
]

resource appOnTaskHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(taskHub.id, appIdentity.id, 'Durable Task Data Contributor')
  scope: taskHub
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, roles['Durable Task Data Contributor'])
  }
}

resource appOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appIdentity.id, 'Key Vault Secrets User')
  scope: vault
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, roles['Key Vault Secrets User'])
  }
}

resource appOnTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, appIdentity.id, 'Monitoring Metrics Publisher')
  scope: applicationInsights
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, roles['Monitoring Metrics Publisher'])
  }
}

resource topicOnQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (events != null) {
  name: guid(store::queues::dataEvents.id, topic.id, 'Storage Queue Data Message Sender')
  scope: store::queues::dataEvents
  properties: {
    principalId: topic!.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, roles['Storage Queue Data Message Sender'])
  }
}

resource operatorOnData 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (operator != null) {
  name: guid(store::blobs::data.id, operator.?principalId ?? '', 'Storage Blob Data Contributor')
  scope: store::blobs::data
  properties: {
    principalId: operator!.principalId
    principalType: operator!.principalType
    roleDefinitionId: subscriptionResourceId(definitions, roles['Storage Blob Data Contributor'])
  }
}

resource operatorOnStore 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (operator != null) {
  name: guid(store.id, operator.?principalId ?? '', 'Storage Blob Data Reader')
  scope: store
  properties: {
    principalId: operator!.principalId
    principalType: operator!.principalType
    roleDefinitionId: subscriptionResourceId(definitions, roles['Storage Blob Data Reader'])
  }
}

resource operatorOnTaskHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (operator != null) {
  name: guid(taskHub.id, operator.?principalId ?? '', 'Durable Task Data Contributor')
  scope: taskHub
  properties: {
    principalId: operator!.principalId
    principalType: operator!.principalType
    roleDefinitionId: subscriptionResourceId(definitions, roles['Durable Task Data Contributor'])
  }
}
