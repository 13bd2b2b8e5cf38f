metadata description = 'The identity that the app has towards every other service. It outlives the app, so that its roles do too.'

param name string
param location string
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}
