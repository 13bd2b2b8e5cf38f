metadata description = 'A storage account without keys and without anonymous access, with private containers and queues.'

param name string
param location string
param tags { *: string }
param containers string[]
param queues string[]

@description('LRS, or ZRS where a zone may fail.')
param sku ('Standard_LRS' | 'Standard_ZRS')

@description('No access from the internet; trusted services of Azure (Event Grid) still come in under their identity.')
param private bool

@description('Days that a deleted or overwritten blob can be restored.')
@minValue(1)
@maxValue(365)
param restoreDays int

@description('Keep what a blob held before it was overwritten, for restoreDays.')
param versioning bool

@description('Note when a blob was last read, which rules on reading need.')
param trackAccess bool

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: restoreDays }
      containerDeleteRetentionPolicy: { enabled: true, days: restoreDays }
      isVersioningEnabled: versioning
      lastAccessTimeTrackingPolicy: {
        enable: trackAccess
        name: 'AccessTimeTracking'
        trackingGranularityInDays: 1
        blobType: ['blockBlob']
      }
    }

    resource container 'containers' = [
      for container in containers: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for queue in queues: {
        name: queue
      }
    ]
  }
}

output id string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
