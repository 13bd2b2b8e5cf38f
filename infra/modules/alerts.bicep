metadata description = 'Alerts on the metrics that every host of MlDurable emits, and whom they reach.'

param namePrefix string
param location string
param tags { *: string }
param applicationInsightsName string

@description('E-mail addresses that an alert reaches. Without one, alerts are seen in the portal only.')
param emails string[]

@description('How long it may be that no run ends; none for no such alert.')
param noRunWithin ('PT6H' | 'P1D' | 'P2D' | 'none')

@description('How long, in seconds, a run may wait for its first step.')
@minValue(60)
param oldestWorkSeconds int

type rule = {
  name: string
  title: string
  description: string
  severity: 1 | 2 | 3
  query: string
  measure: string
  aggregation: 'Maximum' | 'Total'
  operator: 'GreaterThan' | 'LessThan'
  threshold: int
  window: string
  frequency: string
  @description('A column whose values are alerted on one by one.')
  by: string?
}

var always rule[] = [
  {
    name: 'run-failed'
    title: 'A run failed'
    description: 'A run ended with an error. mldurable show RUN, or the run record in the container runs, says at which step and why.'
    severity: 1
    query: '''
customMetrics
| where name == "mldurable.runs.finished" and tostring(customDimensions.status) == "failed"
| project timestamp, failed = valueSum, pipeline = tostring(customDimensions.pipeline)
'''
    measure: 'failed'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    frequency: 'PT5M'
    by: 'pipeline'
  }
  {
    name: 'data-quarantined'
    title: 'Data was quarantined'
    description: 'A partition broke an expectation and was set aside. The findings are in the container quality and in the report of the run.'
    severity: 2
    query: '''
customMetrics
| where name == "mldurable.partitions.quarantined"
| project timestamp, quarantined = valueSum, pipeline = tostring(customDimensions.pipeline)
'''
    measure: 'quarantined'
    aggregation: 'Total'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    frequency: 'PT5M'
    by: 'pipeline'
  }
  {
    name: 'work-waits'
    title: 'Work is not taken up'
    description: 'A run has waited too long for its first step: instances do not start, or all of them are busy.'
    severity: 1
    // The sum is what is always there of a measurement, and each is one.
    query: '''
customMetrics
| where name == "mldurable.runs.waiting.age"
| project timestamp, age = valueSum
'''
    measure: 'age'
    aggregation: 'Maximum'
    operator: 'GreaterThan'
    threshold: oldestWorkSeconds
    window: 'PT15M'
    frequency: 'PT5M'
  }
]

var noRun rule[] = noRunWithin == 'none'
  ? []
  : [
      {
        name: 'no-run'
        title: 'No run ended in time'
        description: 'No run has ended for too long: schedules are paused, uploads stopped, or the app is down.'
        severity: 1
        // A summary without groups has a row when there is nothing to sum, so silence is seen.
        query: '''
customMetrics
| where name == "mldurable.runs.finished"
| summarize runs = coalesce(sum(valueSum), 0.0)
'''
        measure: 'runs'
        aggregation: 'Total'
        operator: 'LessThan'
        threshold: 1
        window: noRunWithin
        frequency: 'PT1H'
      }
    ]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource receivers 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${namePrefix}-alerts'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'mldurable'
    emailReceivers: map(emails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for item in concat(always, noRun): {
    name: '${namePrefix}-${item.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: item.title
      description: item.description
      severity: item.severity
      enabled: true
      autoMitigate: true
      scopes: [applicationInsights.id]
      windowSize: item.window
      evaluationFrequency: item.frequency
      // Telemetry has not made its table yet when everything is deployed for the first time.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: item.query
            metricMeasureColumn: item.measure
            timeAggregation: item.aggregation
            operator: item.operator
            threshold: item.threshold
            dimensions: item.?by == null ? [] : [{ name: item.by!, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(emails) ? [] : [receivers.id] }
    }
  }
]
