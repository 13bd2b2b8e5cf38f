metadata description = 'Which events of the store are notifications of new data.'

@export()
@description('A blob of the container data was written whole.')
var newData = {
  includedEventTypes: ['Microsoft.Storage.BlobCreated']
  subjectBeginsWith: '/blobServices/default/containers/data/blobs/'
}

@export()
@description('Event Grid tries for a day; what it then drops is found by the reconciliation.')
var retries = {
  eventTimeToLiveInMinutes: 1440
  maxDeliveryAttempts: 30
}
