# Id of the mesh, and the folder; the id alone for all of the mesh's configuration.
terraform import isthmus_configuration.shop mesh_0198f0c2b7d07a3e8c9d2f4a5b6c7d8e/teams/shop
