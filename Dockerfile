# syntax=docker/dockerfile:1
# The server, `mldurable serve`, in one container: docs/deployment.md.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages \
    dotnet publish src/MlDurable.Cli/MlDurable.Cli.csproj --configuration Release --output /app -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# A volume takes over the owner of the folder that it is mounted on.
RUN install --directory --owner="$APP_UID" /work /work/.mldurable
COPY --from=build /app /app
COPY --chmod=755 eng/healthcheck /app/healthcheck
WORKDIR /work
USER $APP_UID
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/app/healthcheck"]
ENTRYPOINT ["dotnet", "/app/mldurable.dll"]
CMD ["serve", "--listen", "http://0.0.0.0:8080"]
