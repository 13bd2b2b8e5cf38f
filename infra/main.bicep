metadata description = 'MlDurable on Azure: the Functions app and everything that it needs, in one resource group.'

targetScope = 'subscription'

@description('Name of the environment, which the names of the resources are made of.')
@minLength(2)
@maxLength(32)
param environmentName string

@description('Region of all resources.')
param location string

@description('No service can be reached from the internet; the app and the services talk through a virtual network.')
param privateNetwork bool

@description('Address space of the virtual network of the private option.')
param networkPrefix string = '10.40.0.0/24'

@description('Storage that survives the loss of a zone.')
param zoneRedundantStorage bool

@description('Days that deleted and overwritten blobs can be restored.')
param restoreDays int

@description('Keep what a blob held before it was overwritten, for restoreDays.')
param versioning bool

param schedulerSku ('Consumption' | 'Dedicated')
param schedulerCapacity int = 1

@description('Days that ended orchestrations stay in the scheduler.')
param orchestrationRetentionDays { completed: int, other: int }

@description('Memory of an instance of the app, in MB.')
param instanceMemoryMB (512 | 2048 | 4096)

param maximumInstanceCount int

@description('Settings of the app that are secrets of the vault: name of the setting, name of the secret.')
param vaultSettings { *: string } = {}

@description('The vault and its secrets cannot be purged before their retention of 90 days ends.')
param purgeProtection bool

param logRetentionDays int

@description('Gigabytes of telemetry a day; -1 for no limit.')
param logDailyQuotaGb int

param alertEmails string[]
param noRunWithin ('PT6H' | 'P1D' | 'P2D' | 'none')
param oldestWorkSeconds int

@description('Object id of the person or group who uploads data and looks after runs; empty for nobody.')
param operatorPrincipalId string
param operatorPrincipalType ('User' | 'Group' | 'ServicePrincipal')

// The first segment of a blob's name is its container: docs/storage.md.
var containers = [
  'audit'
  'cache'
  'config'
  'data'
  'features'
  'models'
  'monitoring'
  'pipelines'
  'predictions'
  'quality'
  'runs'
  'triggers'
]
var packageContainer = 'packages'
var dataQueue = 'data-events'
var taskHub = 'mldurable'
var token = uniqueString(subscription().id, environmentName, location)
var names = {
  app: 'func-${token}'
  applicationInsights: 'appi-${token}'
  dataEvents: 'evgt-${token}'
  hostStorage: 'sthost${token}'
  identity: 'id-${token}'
  network: 'vnet-${token}'
  plan: 'plan-${token}'
  scheduler: 'dts-${token}'
  store: 'stml${token}'
  vault: 'kv-${token}'
  workspace: 'log-${token}'
}
var tags = { 'azd-env-name': environmentName }
var storageSku = zoneRedundantStorage ? 'Standard_ZRS' : 'Standard_LRS'
var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  scheduler: 'privatelink.durabletask.io'
  sites: 'privatelink.azurewebsites.net'
  vault: 'privatelink.vaultcore.azure.net'
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.applicationInsights
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    namePrefix: environmentName
    location: location
    tags: tags
    applicationInsightsName: names.applicationInsights
    emails: alertEmails
    noRunWithin: noRunWithin
    oldestWorkSeconds: oldestWorkSeconds
  }
  dependsOn: [monitoring]
}

// Apart from the store, so that who may write data cannot replace the code of the app.
module hostStorage 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: names.hostStorage
    location: location
    tags: tags
    sku: storageSku
    private: privateNetwork
    containers: [packageContainer]
    queues: []
    restoreDays: 7
    versioning: false
    trackAccess: false
  }
}

module store 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: names.store
    location: location
    tags: tags
    sku: storageSku
    private: privateNetwork
    containers: containers
    queues: [dataQueue]
    restoreDays: restoreDays
    versioning: versioning
    trackAccess: true
  }
}

module storeLifecycle 'modules/store-lifecycle.bicep' = {
  scope: group
  params: {
    accountName: names.store
    deleteCacheAfterDays: 30
    coolAfterDays: 60
    deleteVersionsAfterDays: restoreDays
  }
  dependsOn: [store]
}

module scheduler 'modules/scheduler.bicep' = {
  scope: group
  params: {
    name: names.scheduler
    taskHubName: taskHub
    location: location
    tags: tags
    private: privateNetwork
    sku: schedulerSku
    capacity: schedulerCapacity
    retentionDays: orchestrationRetentionDays
  }
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    name: names.vault
    location: location
    tags: tags
    private: privateNetwork
    purgeProtection: purgeProtection
  }
}

module dataEvents 'modules/data-events.bicep' = {
  scope: group
  params: {
    name: names.dataEvents
    location: location
    tags: tags
    storeName: names.store
    withIdentity: privateNetwork
  }
  dependsOn: [store]
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    appIdentityName: names.identity
    hostStorageName: names.hostStorage
    storeName: names.store
    scheduler: { name: names.scheduler, taskHubName: taskHub }
    keyVaultName: names.vault
    applicationInsightsName: names.applicationInsights
    events: privateNetwork ? { topicName: names.dataEvents, queueName: dataQueue } : null
    operator: empty(operatorPrincipalId)
      ? null
      : { principalId: operatorPrincipalId, principalType: operatorPrincipalType }
  }
  dependsOn: [dataEvents, hostStorage, identity, monitoring, scheduler, store, vault]
}

module dataToQueue 'modules/data-queue.bicep' = if (privateNetwork) {
  scope: group
  params: { topicName: names.dataEvents, storeId: store.outputs.id, queueName: dataQueue }
  // The topic must be allowed to write before its subscription is accepted.
  dependsOn: [access]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: tags
    addressPrefix: networkPrefix
    zoneNames: map(items(zones), zone => zone.value)
  }
}

var endpoints = [
  { name: 'host-blob', target: 'hostStorage', group: 'blob', zone: zones.blob }
  { name: 'host-queue', target: 'hostStorage', group: 'queue', zone: zones.queue }
  { name: 'store-blob', target: 'store', group: 'blob', zone: zones.blob }
  { name: 'store-queue', target: 'store', group: 'queue', zone: zones.queue }
  { name: 'scheduler', target: 'scheduler', group: 'scheduler', zone: zones.scheduler }
  { name: 'vault', target: 'vault', group: 'vault', zone: zones.vault }
  { name: 'app', target: 'app', group: 'sites', zone: zones.sites }
]
var targets = {
  app: app.outputs.id
  hostStorage: hostStorage.outputs.id
  scheduler: scheduler.outputs.id
  store: store.outputs.id
  vault: vault.outputs.id
}
// One after the other: each changes the subnet, which takes one change at a time.
@batchSize(1)
module privateEndpoints 'modules/private-endpoint.bicep' = [
  for endpoint in endpoints: if (privateNetwork) {
    scope: group
    params: {
      name: 'pep-${endpoint.name}-${token}'
      location: location
      tags: tags
      subnetId: network!.outputs.endpointSubnetId
      target: { id: targets[endpoint.target], group: endpoint.group }
      zoneName: endpoint.zone
    }
  }
]

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: tags
    identityName: names.identity
    private: privateNetwork
    hostStorage: {
      blobEndpoint: hostStorage.outputs.blobEndpoint
      queueEndpoint: hostStorage.outputs.queueEndpoint
      packageContainer: packageContainer
    }
    store: { blobEndpoint: store.outputs.blobEndpoint, queueEndpoint: store.outputs.queueEndpoint }
    scheduler: { endpoint: scheduler.outputs.endpoint, taskHubName: taskHub }
    applicationInsightsName: names.applicationInsights
    subnetId: privateNetwork ? network!.outputs.appSubnetId : null
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    vaultSettings: vaultSettings
    keyVaultName: names.vault
  }
  // The host reads its storage when it starts.
  dependsOn: [access]
}

output AZURE_RESOURCE_GROUP string = group.name
output MLDURABLE_APP_NAME string = names.app
output MLDURABLE_APP_URL string = 'https://${app.outputs.hostName}'
output MLDURABLE_STORE string = store.outputs.blobEndpoint
output MLDURABLE_KEY_VAULT string = names.vault
output MLDURABLE_DATA_TOPIC string = names.dataEvents
output MLDURABLE_DATA_DELIVERY string = privateNetwork ? 'queue' : 'webhook'
