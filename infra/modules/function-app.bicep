metadata description = 'The Functions app on a Flex Consumption plan. It reaches everything with its identity; no setting holds a key.'

param name string
param planName string
param location string
param tags { *: string }
param identityName string

@description('The app is reached through its private endpoint only.')
param private bool

@description('The account of the host: deployment packages, locks, function keys.')
param hostStorage { blobEndpoint: string, queueEndpoint: string, packageContainer: string }

@description('The account of the store.')
param store { blobEndpoint: string, queueEndpoint: string }

param scheduler { endpoint: string, taskHubName: string }
param applicationInsightsName string

@description('The subnet of outgoing traffic; without one it uses the internet.')
param subnetId string?

@description('Memory of an instance, in MB. Training has to fit in it.')
param instanceMemoryMB (512 | 2048 | 4096)

@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Settings that are secrets of the vault: name of the setting, name of the secret.')
param vaultSettings { *: string }

param keyVaultName string

var storeSettings = 'MlDurableStore'
var settings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  AZURE_CLIENT_ID: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: hostStorage.blobEndpoint
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__queueServiceUri: hostStorage.queueEndpoint
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler.endpoint};Authentication=ManagedIdentity;ClientID=${identity.properties.clientId}'
  MLDURABLE_STORE: store.blobEndpoint
  '${storeSettings}__blobServiceUri': store.blobEndpoint
  '${storeSettings}__clientId': identity.properties.clientId
  '${storeSettings}__credential': 'managedidentity'
  '${storeSettings}__queueServiceUri': store.queueEndpoint
  TASKHUB_NAME: scheduler.taskHubName
}
var references = mapValues(
  vaultSettings,
  secret => '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${secret})'
)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: subnetId
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.blobEndpoint}${hostStorage.packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: map(items(union(settings, references)), setting => { name: setting.key, value: setting.value })
    }
  }

  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output id string = app.id
output hostName string = app.properties.defaultHostName
