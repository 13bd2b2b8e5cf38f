using 'main.bicep'

// One column for each kind of environment; `azd env set MLDURABLE_PROFILE prod` chooses it.
var profiles = {
  dev: {
    privateNetwork: false
    zoneRedundantStorage: false
    restoreDays: 7
    versioning: false
    schedulerSku: 'Consumption'
    orchestrationRetentionDays: { completed: 1, other: 7 }
    instanceMemoryMB: 2048
    maximumInstanceCount: 40
    purgeProtection: false
    logRetentionDays: 30
    logDailyQuotaGb: 1
    noRunWithin: 'none'
    oldestWorkSeconds: 3600
  }
  test: {
    privateNetwork: false
    zoneRedundantStorage: false
    restoreDays: 7
    versioning: true
    schedulerSku: 'Consumption'
    orchestrationRetentionDays: { completed: 7, other: 30 }
    instanceMemoryMB: 2048
    maximumInstanceCount: 40
    purgeProtection: false
    logRetentionDays: 30
    logDailyQuotaGb: 5
    noRunWithin: 'P2D'
    oldestWorkSeconds: 1800
  }
  prod: {
    privateNetwork: true
    zoneRedundantStorage: true
    restoreDays: 30
    versioning: true
    schedulerSku: 'Dedicated'
    orchestrationRetentionDays: { completed: 30, other: 90 }
    instanceMemoryMB: 4096
    maximumInstanceCount: 100
    purgeProtection: true
    logRetentionDays: 90
    logDailyQuotaGb: -1
    noRunWithin: 'P1D'
    oldestWorkSeconds: 900
  }
}
var profile = profiles[readEnvironmentVariable('MLDURABLE_PROFILE', 'dev')]
var private = readEnvironmentVariable('MLDURABLE_PRIVATE_NETWORK', '')
var emails = readEnvironmentVariable('MLDURABLE_ALERT_EMAILS', '')

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param privateNetwork = empty(private) ? profile.privateNetwork : bool(private)
param zoneRedundantStorage = profile.zoneRedundantStorage
param restoreDays = profile.restoreDays
param versioning = profile.versioning
param schedulerSku = profile.schedulerSku
param orchestrationRetentionDays = profile.orchestrationRetentionDays
param instanceMemoryMB = profile.instanceMemoryMB
param maximumInstanceCount = profile.maximumInstanceCount
param vaultSettings = json(readEnvironmentVariable('MLDURABLE_VAULT_SETTINGS', '{}'))
param purgeProtection = profile.purgeProtection
param logRetentionDays = profile.logRetentionDays
param logDailyQuotaGb = profile.logDailyQuotaGb
param alertEmails = empty(emails) ? [] : split(emails, ',')
param noRunWithin = profile.noRunWithin
param oldestWorkSeconds = profile.oldestWorkSeconds
param operatorPrincipalId = readEnvironmentVariable('MLDURABLE_OPERATOR_ID', '')
param operatorPrincipalType = readEnvironmentVariable('MLDURABLE_OPERATOR_TYPE', 'User')
