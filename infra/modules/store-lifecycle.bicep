metadata description = 'What Azure does by itself with the blobs of the store. Only what is made again is deleted; docs/deployment.md says why.'

param accountName string

@description('Days without a write after which a cached candidate is deleted; a run that needs it fits it again.')
param deleteCacheAfterDays int

@description('Days without a read after which a partition or its features are moved to the cool tier; reading one brings it back.')
param coolAfterDays int

@description('Days that the content of an overwritten or deleted blob is kept as a version.')
param deleteVersionsAfterDays int

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = { name: 'default' }
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'cache-is-made-again'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['cache/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deleteCacheAfterDays } } }
          }
        }
        {
          name: 'unread-data-is-cool'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['data/', 'features/', 'runs/', 'predictions/'] }
            actions: {
              baseBlob: {
                enableAutoTierToHotFromCool: true
                tierToCool: { daysAfterLastAccessTimeGreaterThan: coolAfterDays }
              }
            }
          }
        }
        {
          name: 'old-versions-go'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: deleteVersionsAfterDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [account::blobs]
}
