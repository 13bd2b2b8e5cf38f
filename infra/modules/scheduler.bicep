metadata description = 'The Durable Task Scheduler, its one task hub, and for how long it keeps what has ended.'

param name string
param taskHubName string
param location string
param tags { *: string }
param private bool

@description('Consumption is paid by use; Dedicated by capacity units.')
param sku ('Consumption' | 'Dedicated')

@description('Capacity units of the Dedicated SKU.')
@minValue(1)
param capacity int

@description('Days that completed, and all other ended, orchestrations stay in the scheduler. The records of runs are in the store.')
param retentionDays { completed: int, other: int }

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // An app of the plan has no fixed outgoing address; whoever connects needs a token of an identity with a role on the task hub.
    ipAllowlist: private ? [] : ['0.0.0.0/0']
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    sku: sku == 'Dedicated' ? { name: sku, capacity: capacity } : { name: sku }
  }

  resource taskHub 'taskHubs' = {
    name: taskHubName
  }

  resource retention 'retentionPolicies' = {
    name: 'default'
    properties: {
      retentionPolicies: [
        { retentionPeriodInDays: retentionDays.other }
        { retentionPeriodInDays: retentionDays.completed, orchestrationState: 'Completed' }
      ]
    }
  }
}

output id string = scheduler.id
output endpoint string = scheduler.properties.endpoint
