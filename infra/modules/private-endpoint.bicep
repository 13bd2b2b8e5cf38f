metadata description = 'A private endpoint of one part of a service, with its name in the private DNS zone.'

param name string
param location string
param tags { *: string }
param subnetId string

@description('The resource that is reached through the endpoint, and which part of it.')
param target { id: string, group: string }

param zoneName string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zoneName
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: target.group, properties: { privateLinkServiceId: target.id, groupIds: [target.group] } }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: target.group, properties: { privateDnsZoneId: zone.id } }]
    }
  }
}
