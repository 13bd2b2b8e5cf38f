#!/bin/sh
# azd runs this after the app is deployed: Event Grid is told to notify the function DataUploaded of new data.
#
# The address of the function holds a key that the running app makes. The template reads it inside Azure, so it is never on this machine.
# Deploying the template again changes nothing, or brings a renewed key along. An app that was just deployed may not answer yet: that is
# tried again.
set -eu
unset CDPATH

say() { printf 'subscribe-to-data: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

require() {
    eval "value=\${$1-}"
    [ -n "$value" ] || fail "$1 is not set. Run this through azd: azd hooks run postdeploy"
}

for name in AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP MLDURABLE_APP_NAME MLDURABLE_DATA_TOPIC MLDURABLE_DATA_DELIVERY; do
    require "$name"
done

case $MLDURABLE_DATA_DELIVERY in
    queue) say 'the network is private: Event Grid delivers to the queue, as deployed. Nothing to do.'; exit 0 ;;
    webhook) ;;
    *) fail "MLDURABLE_DATA_DELIVERY is '$MLDURABLE_DATA_DELIVERY'; it must be 'webhook' or 'queue'." ;;
esac

command -v az >/dev/null || fail "the Azure CLI 'az' is needed: https://aka.ms/azure-cli"
az account show --subscription "$AZURE_SUBSCRIPTION_ID" --output none ||
    fail "'az' is not signed in to subscription $AZURE_SUBSCRIPTION_ID: run 'az login'."

here=$(cd -P -- "$(dirname -- "$0")" && pwd)
attempts=${MLDURABLE_HOOK_ATTEMPTS:-12}
pause=${MLDURABLE_HOOK_PAUSE:-15}
attempt=1
until answer=$(az deployment group create --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" --name data-webhook \
    --template-file "$here/../modules/data-webhook.bicep" \
    --parameters "topicName=$MLDURABLE_DATA_TOPIC" "appName=$MLDURABLE_APP_NAME" --output none 2>&1); do
    # An address in an error of Azure may hold the key.
    answer=$(printf '%s\n' "$answer" | sed 's/code=[A-Za-z0-9%_.=~-]*/code=***/g')
    if [ "$attempt" -ge "$attempts" ]; then
        printf '%s\n' "$answer" >&2
        say "Event Grid could not be subscribed after $attempt attempts. Until it is, the reconciliation finds uploads."
        fail "Try again with: azd hooks run postdeploy"
    fi
    say "attempt $attempt of $attempts failed: $(printf '%s\n' "$answer" | grep . | tail -n 1 | cut -c 1-300)"
    attempt=$((attempt + 1))
    sleep "$pause"
done
say "Event Grid notifies $MLDURABLE_APP_NAME of new data."
